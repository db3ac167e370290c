"""The nouns that every stage shares. Plain data; imports nothing else of detachlint."""
