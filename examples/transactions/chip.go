package main

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
)

// chipData makes element 55: the data objects that an issuer checks a chip's
// cryptogram with, in BER-TLV (EMV book 3, annex A). The other elements must be there.
func (g *generator) chipData(elements map[int]string, used card) []byte {
	year := fmt.Sprintf("%02d", g.now.Year()%100)
	cash := amount(0)
	if additional := elements[54]; additional != "" {
		cash = additional[len(additional)-len(cash):]
	}
	method := "1f0302" // none
	if elements[52] != "" {
		method = "420300" // PIN, enciphered, checked by the issuer
	}
	uses := binary.BigEndian.AppendUint16(nil, uint16(1+g.random.IntN(900)))
	var data []byte
	for _, object := range []struct {
		tag   string
		value []byte
	}{
		{"5f2a", digits("0" + elements[49])},                // transaction currency code
		{"82", digits("3900")},                              // application interchange profile
		{"84", digits(used.aid)},                            // dedicated file name
		{"95", digits("0000008000")},                        // terminal verification results
		{"9a", digits(year + elements[13])},                 // transaction date
		{"9c", digits(elements[3][:2])},                     // transaction type
		{"9f02", digits(elements[4])},                       // amount, authorised
		{"9f03", digits(cash)},                              // amount, other
		{"9f10", append(digits("06011203"), g.bytes(3)...)}, // issuer application data
		{"9f1a", digits("0" + elements[19])},                // terminal country code
		{"9f26", g.bytes(8)},                                // application cryptogram
		{"9f27", digits("80")},                              // cryptogram information data: to be authorised online
		{"9f33", digits("e0f8c8")},                          // terminal capabilities
		{"9f34", digits(method)},                            // cardholder verification method results
		{"9f36", uses},                                      // application transaction counter
		{"9f37", g.bytes(4)},                                // unpredictable number
	} {
		data = append(data, digits(object.tag)...)
		data = append(data, byte(len(object.value)))
		data = append(data, object.value...)
	}
	return data
}

// digits packs hex or decimal digits two to a byte.
func digits(text string) []byte {
	packed, err := hex.DecodeString(text)
	if err != nil {
		// A table of this program is wrong.
		panic(err)
	}
	return packed
}
