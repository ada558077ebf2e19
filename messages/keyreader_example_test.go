package messages_test

import (
	"errors"
	"fmt"

	"github.com/isolink-go/isolink/messages"
	"github.com/moov-io/iso8583"
)

// A response has the key of its request, whatever else it says, and a message
// without a key field has none.
func ExampleKeyReader_Read() {
	reader, err := messages.NewKeyReader(iso8583.Spec87) // field 11
	if err != nil {
		fmt.Println(err)

		return
	}

	request := []byte("0200" + "0020000000000000" + "000123")
	response := []byte("0210" + "0020000002000000" + "000123" + "00")
	echo := []byte("0800" + "0200000000000000" + "1122093000")

	_, requestKey, _ := reader.Read(request)
	mti, responseKey, _ := reader.Read(response)
	fmt.Println(mti, responseKey, responseKey == requestKey)

	mti, _, err = reader.Read(echo)

	var keyError *messages.KeyError
	if errors.As(err, &keyError) {
		fmt.Println(mti, "has no field", keyError.Field)
	}

	// Output:
	// 0210 0200/0210:000123 true
	// 0800 has no field 11
}
