package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"time"

	"github.com/IBM/go-sdk-core/v5/core"
)

var (
	body       []byte // of the latest response, as it came over the wire
	answers    int    // that were checked
	compressed int    // requests
)

// observed keeps what the SDK throws away once it has made its model of it.
type observed struct{ http.RoundTripper }

func observe(service *core.BaseService) {
	client := *service.GetHTTPClient()
	client.Transport = observed{client.Transport}
	service.SetHTTPClient(&client)
}

func (o observed) RoundTrip(request *http.Request) (*http.Response, error) {
	if request.Header.Get("Content-Encoding") == "gzip" {
		compressed++
	}
	response, err := o.RoundTripper.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	if body, err = io.ReadAll(response.Body); err != nil {
		return nil, err
	}
	response.Body.Close()
	response.Body = io.NopCloser(bytes.NewReader(body))
	return response, nil
}

// answer is the SDK's model of a response; the model must have all of it.
func answer[T any](model T, _ *core.DetailedResponse, err error) T {
	if err != nil {
		fail("%v", err)
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var received any
	if err := decoder.Decode(&received); err != nil {
		fail("%v", err)
	}
	compare(fmt.Sprintf("%T", model), reflect.ValueOf(model), received)
	answers++
	return model
}

// as is an answer of the one type that is expected of several.
func as[T any](model any, response *core.DetailedResponse, err error) T {
	result, ok := answer(model, response, err).(T)
	if !ok {
		fail("%T", model)
	}
	return result
}

// empty checks an answer without a body.
func empty(response *core.DetailedResponse, err error) {
	if err != nil {
		fail("%v", err)
	}
	equal(response.StatusCode, http.StatusNoContent)
	equal(len(body), 0)
	answers++
}

// refused checks how the SDK presents a refusal: status, and message.
func refused(status int, message string, err error) {
	var problem *core.HTTPProblem
	if !errors.As(err, &problem) {
		fail("not refused: %v", err)
	}
	equal(problem.Response.StatusCode, status)
	if !strings.Contains(problem.Summary, message) {
		fail("%q, not %q", problem.Summary, message)
	}
	answers++
}

// compare checks that every field of a response is in the model, with its value.
func compare(where string, model reflect.Value, received any) {
	for model.Kind() == reflect.Pointer || model.Kind() == reflect.Interface {
		model = model.Elem()
	}
	switch received := received.(type) {
	case nil:
		if model.IsValid() && !model.IsZero() {
			fail("%s: %v, not null", where, model)
		}
	case map[string]any:
		for name, value := range received {
			compare(where+"."+name, member(where, model, name), value)
		}
	case []any:
		if model.Kind() != reflect.Slice || model.Len() != len(received) {
			fail("%s: %v, not %v", where, model, received)
		}
		for index, value := range received {
			compare(fmt.Sprintf("%s[%d]", where, index), model.Index(index), value)
		}
	default:
		if !model.IsValid() {
			fail("%s is lost", where)
		}
		if got, want := text(model.Interface()), text(received); !same(got, want) {
			fail("%s: %s, not %s", where, got, want)
		}
	}
}

// member is the field or entry of that name.
func member(where string, model reflect.Value, name string) reflect.Value {
	switch model.Kind() {
	case reflect.Map:
		return model.MapIndex(reflect.ValueOf(name))
	case reflect.Struct:
		for field := range model.NumField() {
			tag, _, _ := strings.Cut(model.Type().Field(field).Tag.Get("json"), ",")
			if tag == name {
				return model.Field(field)
			}
		}
	}
	fail("%s.%s is lost: the model has no such field", where, name)
	panic("unreachable")
}

// same compares two values in JSON; the SDK may format a time differently.
func same(one, other string) bool {
	if one == other {
		return true
	}
	first, err := time.Parse(`"`+time.RFC3339+`"`, one)
	if err != nil {
		return false
	}
	second, err := time.Parse(`"`+time.RFC3339+`"`, other)
	return err == nil && first.Equal(second)
}

func text(value any) string {
	return string(must(json.Marshal(value)))
}

// equal checks a value, whether or not it is behind a pointer.
func equal(got, want any) {
	if value := reflect.ValueOf(got); value.Kind() == reflect.Pointer && !value.IsNil() {
		got = value.Elem().Interface()
	}
	if !same(text(got), text(want)) {
		fail("%s, not %s", text(got), text(want))
	}
}

// fail ends the test; the trace names the line.
func fail(format string, values ...any) {
	panic(fmt.Sprintf(format, values...))
}
