package spec87_test

import (
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"github.com/moov-io/iso8583"
	"github.com/moov-io/iso8583/field"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/isolink-go/isolink/examples/spec87"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

func ExampleSpec() {
	message := iso8583.NewMessage(spec87.Spec)
	message.MTI("0800")
	for id, value := range map[int]string{7: "0302080000", 11: "000123", 70: "301"} {
		if err := message.Field(id, value); err != nil {
			fmt.Println(err)
			return
		}
	}
	packed, err := message.Pack()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s %x %s\n", packed[:4], packed[4:20], packed[20:])
	// Output: 0800 82200000000000000400000000000000 0302080000000123301
}

func TestEveryElementOfTheStandardIsThere(t *testing.T) {
	require.NoError(t, spec87.Spec.Validate())
	for id := range 129 {
		if id == 65 {
			assert.NotContains(t, spec87.Spec.Fields, id)
			continue
		}
		require.Contains(t, spec87.Spec.Fields, id)
	}
	assert.Len(t, spec87.Spec.Fields, 128)
}

// values returns a value of the element's full length, and one that is a byte short.
func values(f field.Field) (full, short []byte) {
	fill := "7"
	if _, isBinary := f.(*field.Binary); isBinary {
		fill = "\x03"
	}
	length := f.Spec().Length
	return []byte(strings.Repeat(fill, length)), []byte(strings.Repeat(fill, length-1))
}

func TestEveryElementComesOutAsItWentIn(t *testing.T) {
	for id, f := range spec87.Spec.Fields {
		if id < 2 {
			continue
		}
		full, short := values(f)
		message := iso8583.NewMessage(spec87.Spec)
		message.MTI("0200")
		require.NoError(t, message.BinaryField(id, full))
		packed, err := message.Pack()
		require.NoError(t, err, id)
		wantedBitmap := 8
		if id > 64 {
			wantedBitmap = 16
		}
		assert.GreaterOrEqual(t, len(packed), 4+wantedBitmap+len(full), id)

		unpacked := iso8583.NewMessage(spec87.Spec)
		require.NoError(t, unpacked.Unpack(packed), id)
		got, err := unpacked.GetBytes(id)
		require.NoError(t, err)
		assert.Equal(t, full, got, id)

		require.NoError(t, message.BinaryField(id, short))
		_, err = message.Pack()
		if variable := strings.Contains(f.Spec().Pref.Inspect(), "LL"); variable {
			assert.NoError(t, err, id)
		} else {
			assert.Error(t, err, "element %d has a fixed length", id)
		}
	}
}

// TestOnTheWire holds bytes put together by hand, so that a change of the format
// does not go unnoticed because packing and unpacking change together.
func TestOnTheWire(t *testing.T) {
	wire := "30323030" + // 0200
		"7000000000001200" + // 2, 3, 4, 52, 55
		hex.EncodeToString([]byte("164111111111111111"+"003000"+"000000001234")) +
		"0123456789abcdef" +
		hex.EncodeToString([]byte("005")) + "9f02020001"
	packed, err := hex.DecodeString(wire)
	require.NoError(t, err)
	message := iso8583.NewMessage(spec87.Spec)
	require.NoError(t, message.Unpack(packed))
	for id, wanted := range map[int]string{
		2: "4111111111111111", 3: "003000", 4: "000000001234", 52: "0123456789ABCDEF", 55: "9F02020001",
	} {
		got, err := message.GetString(id)
		require.NoError(t, err)
		assert.Equal(t, wanted, got, id)
	}
	again, err := message.Pack()
	require.NoError(t, err)
	assert.Equal(t, wire, hex.EncodeToString(again))
}
