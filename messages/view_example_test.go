package messages_test

import (
	"fmt"

	"github.com/moov-io/iso8583"

	"github.com/isolink-go/isolink/messages"
)

// A router reads what it goes by, and passes the frame on as it is.
func ExampleViewer_View() {
	viewer, err := messages.NewViewer(iso8583.Spec87) // once
	if err != nil {
		fmt.Println(err)

		return
	}

	route := func(frame []byte) string {
		v, err := viewer.View(frame)
		if err != nil {
			return "nowhere: " + err.Error()
		}

		acquirer, err := v.String(32)

		switch {
		case err != nil:
			return "nowhere: " + err.Error()
		case !v.Has(32):
			return fmt.Sprintf("%s by default", v.MTI())
		default:
			return fmt.Sprintf("%s of acquirer %s", v.MTI(), acquirer)
		}
	}

	fmt.Println(route([]byte("0100" + "0020000100000000" + "000123" + "06123456")))
	fmt.Println(route([]byte("0100" + "0020000000000000" + "000123")))
	fmt.Println(route([]byte("0100" + "0020000100000000" + "000123" + "061234")))

	// Output:
	// 0100 of acquirer 123456
	// 0100 by default
	// nowhere: response cannot be unpacked: field 32 at offset 26: not enough data
}

// A response has the fields of its request, but for a few.
func ExampleView_Patch() {
	viewer, err := messages.NewViewer(iso8583.Spec87) // once
	if err != nil {
		fmt.Println(err)

		return
	}

	request := []byte("0100" + "0024000000000000" + "000123" + "2912")

	v, err := viewer.View(request)
	if err != nil {
		fmt.Println(err)

		return
	}

	response, err := v.Patch(nil,
		messages.SetMTI(messages.MTI{'0', '1', '1', '0'}),
		messages.SetField(38, "654321"), messages.SetField(39, "00"), messages.UnsetField(14))
	fmt.Println(string(response), err)

	_, err = v.Patch(nil, messages.SetField(39, "000"))
	fmt.Println(err)

	// Output:
	// 0110002000000600000000012365432100 <nil>
	// message cannot be packed: field 39: length is not the specification's
}
