//! The emulator as a library.
