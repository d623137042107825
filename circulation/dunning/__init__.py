"""What follows when something is not returned or not paid: told, billed, reminded, collected."""
