"""Money: charges, postings and payments, in minor units of a currency."""
