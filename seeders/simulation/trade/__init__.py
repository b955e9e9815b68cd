"""Trade credit: businesses that buy on account, by invoices with lines, and pay them in many ways."""
