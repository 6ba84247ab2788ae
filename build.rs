//! Compiles `proto/` in pure Rust, so that our own definitions need no `protoc`.

use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    let protos = [
        "tfplugin6.proto",
        "go_plugin/broker.proto",
        "go_plugin/controller.proto",
        "go_plugin/stdio.proto",
    ];
    println!("cargo:rerun-if-changed=proto");
    let descriptors = protox::compile(protos, ["proto"])?;
    tonic_build::configure()
        .emit_rerun_if_changed(false)
        // Calls that the provider does not offer return UNIMPLEMENTED.
        .generate_default_stubs(true)
        .compile_fds(descriptors)?;
    Ok(())
}
