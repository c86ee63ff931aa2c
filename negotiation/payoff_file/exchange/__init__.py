"""Games read from and written for other programs."""
