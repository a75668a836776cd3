"""Validators over the bank: what makes a question or the whole bank poor, though it loads."""
