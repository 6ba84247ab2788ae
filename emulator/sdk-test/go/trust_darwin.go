package main

import (
	"crypto/x509"
	"os"
)

// On macOS, Go trusts the keychain alone and ignores SSL_CERT_FILE.
func init() {
	authority := must(os.ReadFile(os.Getenv("SSL_CERT_FILE")))
	trusted := x509.NewCertPool()
	if !trusted.AppendCertsFromPEM(authority) {
		fail("SSL_CERT_FILE has no certificate")
	}
	os.Setenv("GODEBUG", "x509usefallbackroots=1")
	x509.SetFallbackRoots(trusted)
}
