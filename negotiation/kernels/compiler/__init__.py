"""Python loops made machine code; nobody who works on games opens it."""
