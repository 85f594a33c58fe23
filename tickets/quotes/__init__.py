"""Split mail into new text, quoted text and signatures, without models or database."""
