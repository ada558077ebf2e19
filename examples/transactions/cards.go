package main

// card is a test card with what its chip and its stripe hold.
type card struct {
	pan           string
	expires       string // YYMM
	sequence      string
	discretionary string // the end of track 2: key index, PVV, CVV
	aid           string // the application of its chip, in hex
}

const (
	visaAID       = "a0000000031010"
	mastercardAID = "a0000000041010"
	amexAID       = "a00000002501"
	discoverAID   = "a0000001523010"
	jcbAID        = "a0000000651010"
)

// cards are published test numbers; the first ones are used most.
var cards = []card{
	{"4111111111111111", "2812", "001", "1483900123", visaAID},
	{"5555555555554444", "2709", "001", "1720500456", mastercardAID},
	{"4012888888881881", "2903", "000", "1055100789", visaAID},
	{"5105105105105100", "2806", "001", "1931700234", mastercardAID},
	{"378282246310005", "2711", "000", "1266400567", amexAID},
	{"6011111111111117", "2801", "001", "1602800890", discoverAID},
	{"4222222222222", "2704", "000", "1377200345", visaAID},
	{"371449635398431", "2810", "000", "1819300678", amexAID},
	{"6011000990139424", "2905", "001", "1540600901", discoverAID},
	{"3530111333300000", "2712", "001", "1093500112", jcbAID},
	{"30569309025904", "2808", "000", "1464700223", discoverAID},
}

// withChip is the service code of a card that is used abroad and holds a chip
// (ISO/IEC 7813).
const withChip = "201"

func (c card) track2() string {
	return c.pan + "=" + c.expires + withChip + c.discretionary
}
