"""The dock that draws a network out: branches and fusions of HRNet, attention of ViTPose."""
