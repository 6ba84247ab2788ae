// IBM's Go SDKs against the emulator: the life of IAM credentials in all four modes.
package main

import (
	"fmt"
	"os"
)

func main() {
	if len(os.Args) != 2 {
		fail("which clients: by-proxy or from-environment?")
	}
	connect := byProxy
	if os.Args[1] == "from-environment" {
		connect = fromEnvironment
	}
	live(connect)
	equal(compressed > 0, true)
	fmt.Println(answers, "answers,", compressed, "requests in gzip")
}
