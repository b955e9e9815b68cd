"""Cash application, settlement and features on millions of invoices, and on long histories."""
