"""Reading result folders into one tidy frame per workload. `folder.load_results` is the way in."""
