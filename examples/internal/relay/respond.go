package relay

import (
	"strconv"

	"github.com/moov-io/iso8583"

	"github.com/isolink-go/isolink/messages"
)

// The response codes (field 39) that a relay itself gives.
const (
	Approved    = "00"
	FormatError = "30"
	Inoperative = "91" // issuer or switch
)

// CodeField is the response code.
const CodeField = 39

// echoed are the fields that a response of the relay's own has from its request:
// what tells a client which one it answers, and nothing of the card.
var echoed = []int{3, 4, 7, 11, 12, 13, 15, 32, 33, 37, 41, 42, 49, 70}

// respond makes a response of the relay's own.
func respond(request *iso8583.Message, mti messages.MTI, code string) (*iso8583.Message, error) {
	response := iso8583.NewMessage(request.GetSpec())
	mti[2]++
	response.MTI(mti.String())
	for _, field := range echoed {
		if request.GetSpec().Fields[field] == nil {
			continue
		}
		value, err := request.GetString(field)
		if err != nil || value == "" {
			continue // the request has none
		}
		if err := set(response, field, value); err != nil {
			return nil, err
		}
	}
	return response, set(response, CodeField, code)
}

// set sets a field.
func set(message *iso8583.Message, field int, value string) error {
	if message.Field(field, value) != nil {
		// The codec's own words may quote a value.
		return &messages.CodecError{Kind: messages.ErrPack, Field: strconv.Itoa(field)}
	}
	return nil
}
