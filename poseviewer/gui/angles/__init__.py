"""The dock of joint angles: list, plot, filters, custom angles."""
