"""Commands on charges, payments and debts."""
