"""The record of a run, and everything made from it: page, terminal summary, merge of several runs, diff of two."""
