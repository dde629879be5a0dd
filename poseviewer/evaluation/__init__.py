"""Accuracy of networks on labelled people: PCK, PCP, OKS and AP by stage and joint."""
