//! Events off the chain: Anchor's `emit!` writes nothing there, so what runs the program without a virtual machine asks here.

use std::cell::RefCell;

thread_local! {
    static HEARD: RefCell<Vec<Vec<u8>>> = const { RefCell::new(Vec::new()) };
}

/// Keeps the bytes of an event for whoever asks on this thread.
pub fn hear(event: Vec<u8>) {
    HEARD.with_borrow_mut(|heard| heard.push(event));
}

/// The events since the last call, in order.
pub fn take() -> Vec<Vec<u8>> {
    HEARD.take()
}
