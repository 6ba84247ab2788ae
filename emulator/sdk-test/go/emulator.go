package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"
)

// freeze stops the emulator's clock, so that times can be told to the second.
func freeze() {
	clock(http.MethodPut, "", `{"mode":"frozen"}`)
}

func advance(by time.Duration) {
	clock(http.MethodPost, "/advance", fmt.Sprintf(`{"seconds":%d}`, int(by.Seconds())))
}

func now() time.Time {
	return clock(http.MethodGet, "", "")
}

func clock(method, path, body string) time.Time {
	url := os.Getenv("EMULATOR_URL") + "/_emulator/clock" + path
	request := must(http.NewRequest(method, url, strings.NewReader(body)))
	request.Header.Set("Content-Type", "application/json")
	response := must(http.DefaultClient.Do(request))
	defer response.Body.Close()
	equal(response.StatusCode, http.StatusOK)
	var clock struct{ Now time.Time }
	if err := json.NewDecoder(response.Body).Decode(&clock); err != nil {
		fail("%v", err)
	}
	return clock.Now
}
