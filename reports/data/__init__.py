"""What the written tables mean, and their forms for other programs: Parquet files, and metadata of the whole folder."""
