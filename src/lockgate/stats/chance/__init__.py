"""What laws of chance are made of: special functions, shares, random splits, quantiles as a Record holds them."""
