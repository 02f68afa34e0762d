"""What an app author writes: tools, their errors and results, and how an app's folder is loaded. Knows no protocol."""
