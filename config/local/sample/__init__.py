"""`make run SAMPLE=1`: fill a local desk with believable tickets."""
