"""The dock of joint angles: list, plot, filters, angles of one's own."""
