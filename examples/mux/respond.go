package main

import (
	"strconv"

	"github.com/moov-io/iso8583"

	"github.com/isolink-go/isolink/examples/spec87"
	"github.com/isolink-go/isolink/messages"
)

// The response codes (field 39) that the mux itself gives.
const (
	approved    = "00"
	formatError = "30"
	inoperative = "91" // issuer or switch
)

// codeField is the response code.
const codeField = 39

// echoed are the fields that a response of the mux's own has from its request:
// what tells a client which one it answers, and nothing of the card.
var echoed = []int{3, 4, 7, 11, 12, 13, 15, 32, 33, 37, 41, 42, 49, 70}

// respond makes a response of the mux's own.
func respond(request *iso8583.Message, mti messages.MTI, code string) (*iso8583.Message, error) {
	response := iso8583.NewMessage(spec87.Spec)
	mti[2]++
	response.MTI(mti.String())
	for _, field := range echoed {
		value, err := request.GetString(field)
		if err != nil || value == "" {
			continue // the request has none
		}
		if err := set(response, field, value); err != nil {
			return nil, err
		}
	}
	return response, set(response, codeField, code)
}

// set sets a field.
func set(message *iso8583.Message, field int, value string) error {
	if message.Field(field, value) != nil {
		// The codec's own words may quote a value.
		return &messages.CodecError{Kind: messages.ErrPack, Field: strconv.Itoa(field)}
	}
	return nil
}
