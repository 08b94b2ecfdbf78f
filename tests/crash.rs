//! What a crash leaves behind.
