"""From tidy lines to answers: pure functions of frames and arrays, no files and no drawing."""
