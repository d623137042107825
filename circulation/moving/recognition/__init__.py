"""How files of another system are written: encodings, delimiters, dates, amounts, zones."""
