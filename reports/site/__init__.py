"""The HTML page: what to say (`sentences`), what to show (`context`), and how it is put together (`render`)."""
