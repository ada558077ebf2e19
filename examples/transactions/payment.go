package main

import (
	"fmt"
	"maps"
)

// The values of element 22: how the card's data came in, and whether the terminal
// takes a PIN.
const (
	byChip        = "051"
	byContactless = "071"
	byStripe      = "901"
	byWeb         = "812"
)

// The values of element 3: the type of transaction, and the account.
const (
	purchase         = "000000"
	withdrawSavings  = "011000"
	withdrawChecking = "012000"
	purchaseCashBack = "090000"
	refund           = "200000"
)

// payment makes a message of class 1 or 2.
func (g *generator) payment(mti string) message {
	shop := g.drawMerchant(mti)
	used := g.drawCard()
	elements := g.base(shop.country.offset)
	maps.Copy(elements, map[int]string{
		2:  used.pan,
		3:  purchase,
		4:  amount(shop.from + g.random.IntN(shop.to-shop.from+1)),
		14: used.expires,
		18: shop.category,
		19: shop.country.number,
		25: "00",
		32: shop.acquirer,
		41: shop.terminal(1 + g.random.IntN(shop.terminals)),
		42: shop.identification(),
		43: shop.location(),
		49: shop.country.currency,
	})
	if shop.forwarder != "" {
		elements[33] = shop.forwarder
	}
	switch shop.trade {
	case counter:
		g.atCounter(elements, mti, shop, used)
	case online:
		elements[22], elements[25] = byWeb, "59"
	case atm:
		g.atATM(elements, used)
	}
	if isAdvice(mti) {
		// It tells of what was approved without the network.
		elements[38], elements[39] = g.approval(), "00"
	}
	return message{mti: mti, elements: elements}
}

func isAdvice(mti string) bool {
	return mti[2] == '2'
}

// amount is an amount in minor units, as elements 4 and 54 hold it.
func amount(minor int) string {
	return fmt.Sprintf("%012d", minor)
}

// drawMerchant knows that cash is paid out by financial requests (0200) only, and
// that no shop on the web approves by itself.
func (g *generator) drawMerchant(mti string) merchant {
	var choice []merchant
	switch mti {
	case "0100":
		choice = of(counter, online)
	case "0200":
		choice = of(counter, atm)
	default:
		choice = of(counter)
	}
	return choice[g.random.IntN(len(choice))]
}

func (g *generator) atCounter(elements map[int]string, mti string, shop merchant, used card) {
	drawn := g.random.IntN(100)
	switch {
	case drawn < 50:
		elements[22] = byChip
	case drawn < 92:
		elements[22] = byContactless
	default:
		elements[22] = byStripe
	}
	elements[35] = used.track2()
	if elements[22] == byStripe {
		return
	}
	elements[23] = used.sequence
	financial := mti[1] == '2'
	switch {
	case financial && g.chance(6):
		elements[3] = refund
	case elements[22] == byChip && !isAdvice(mti) && g.chance(40):
		g.addPIN(elements)
		if financial && shop.cashback && g.chance(40) {
			g.addCashBack(elements, shop)
		}
	}
	elements[55] = string(g.chipData(elements, used))
}

// addCashBack makes the purchase one with cash back: element 4 is what is paid in
// all, element 54 says how much of it is the cash (account 00, amount type 40, debit).
func (g *generator) addCashBack(elements map[int]string, shop merchant) {
	cash := 1000 * (1 + g.random.IntN(5))
	elements[3] = purchaseCashBack
	elements[4] = amount(cash + shop.from + g.random.IntN(shop.to-shop.from+1))
	elements[54] = "0040" + shop.country.currency + "D" + amount(cash)
}

func (g *generator) atATM(elements map[int]string, used card) {
	elements[3] = withdrawSavings
	if g.chance(70) {
		elements[3] = withdrawChecking
	}
	elements[22], elements[25] = byChip, "02"
	elements[23] = used.sequence
	elements[35] = used.track2()
	if g.chance(30) {
		elements[28] = "D00000150"
	}
	g.addPIN(elements)
	elements[55] = string(g.chipData(elements, used))
}

// addPIN adds an enciphered PIN block, which looks like any eight bytes.
func (g *generator) addPIN(elements map[int]string) {
	elements[26] = "12"
	elements[52] = string(g.bytes(8))
	elements[53] = "2001010100000000"
}
