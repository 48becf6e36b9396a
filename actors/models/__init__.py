"""Chat models behind one gateway: the offline engineer and OpenAI-compatible endpoints."""
