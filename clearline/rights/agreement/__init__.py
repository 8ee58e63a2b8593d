"""The agreement of policy and program: `clearline check`, and publishing an edition."""
