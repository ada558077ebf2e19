// Package carddata is for proofs that card data shows nowhere: the values that tests
// put into their messages, and a search that finds them, and any other card's number,
// however they were printed. The values are made up, or published for tests.
package carddata

// What the tests of isolink put into messages.
const (
	// PAN is a card's number, in field 2.
	PAN = "4761739001010119"
	// Track1 is field 45.
	Track1 = "B" + PAN + "^MARLOWE/PHILIP^22122011758928889"
	// Track2 is field 35.
	Track2 = PAN + "=22122011758928889"
	// PINBlock are the eight bytes of field 52, in hex.
	PINBlock = "9F4C61D07AE4B258"
	// CVV is a field 48 with a card's verification value: three digits alone would be
	// found anywhere.
	CVV = "CVV2:957"
)

// OtherPANs are the numbers of tests that are not about PAN: tests use no others.
var OtherPANs = []string{"4111111111111111", "5413330089010418", "4276123498760345", "4000001234567899"}

// secrets are the parts of the values that must not show, by name. Of a number, six
// digits may, as on a receipt.
func secrets(numbers []string) map[string]string {
	all := map[string]string{
		"PAN": PAN[6:], "whole PAN": PAN, "track": Track2[len(PAN)+1:], "name": "MARLOWE/PHILIP", "PIN block": PINBlock, "CVV": CVV,
	}
	for _, number := range numbers {
		all["number "+number] = number
	}
	return all
}
