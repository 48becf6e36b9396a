"""The rule-based engineer: answers every role in the text format of a language model."""
