package numpy

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// maxNesting is the maximum depth of nested brackets in a header.
const maxNesting = 8

var errLiteral = errors.New("not the Python that NumPy writes")

// parseLiteral parses the Python literals that may appear in a header: dictionaries with
// texts as keys, tuples and lists (both as []any), texts, whole numbers, True and False.
func parseLiteral(text string) (any, error) {
	p := &literal{rest: text}
	value, err := p.value(0)
	if err != nil {
		return nil, err
	}
	if p.blanks(); p.rest != "" && p.rest != "\x00" {
		return nil, fmt.Errorf("%w: %.20q after its end", errLiteral, p.rest)
	}
	return value, nil
}

type literal struct{ rest string }

func (p *literal) blanks() { p.rest = strings.TrimLeft(p.rest, " \t\r\n") }

// take consumes a text if it comes next, and reports whether it did.
func (p *literal) take(text string) bool {
	p.blanks()
	rest, there := strings.CutPrefix(p.rest, text)
	p.rest = rest
	return there
}

func (p *literal) value(depth int) (any, error) {
	if depth > maxNesting {
		return nil, errLiteral
	}
	switch {
	case p.take("{"):
		return p.dictionary(depth)
	case p.take("("):
		return p.list(")", depth)
	case p.take("["):
		return p.list("]", depth)
	case p.take("True"):
		return true, nil
	case p.take("False"):
		return false, nil
	case p.take("'"):
		return p.text("'")
	case p.take(`"`):
		return p.text(`"`)
	}
	return p.number()
}

func (p *literal) dictionary(depth int) (any, error) {
	keys := map[string]any{}
	for !p.take("}") {
		key, err := p.value(depth + 1)
		if err != nil {
			return nil, err
		}
		name, isText := key.(string)
		if !isText || !p.take(":") {
			return nil, errLiteral
		}
		if keys[name], err = p.value(depth + 1); err != nil {
			return nil, err
		}
		if !p.take(",") && !strings.HasPrefix(p.rest, "}") {
			return nil, errLiteral
		}
	}
	return keys, nil
}

func (p *literal) list(end string, depth int) (any, error) {
	values := []any{}
	for !p.take(end) {
		value, err := p.value(depth + 1)
		if err != nil {
			return nil, err
		}
		values = append(values, value)
		if !p.take(",") && !strings.HasPrefix(p.rest, end) {
			return nil, errLiteral
		}
	}
	return values, nil
}

// text reads up to a quotation mark. NumPy writes backslashes only in field names that
// require them, which are never requested.
func (p *literal) text(mark string) (any, error) {
	text, rest, ended := strings.Cut(p.rest, mark)
	if !ended || strings.ContainsAny(text, "\\\n") {
		return nil, errLiteral
	}
	p.rest = rest
	return text, nil
}

func (p *literal) number() (any, error) {
	digits := 0
	for digits < len(p.rest) && p.rest[digits] >= '0' && p.rest[digits] <= '9' {
		digits++
	}
	number, err := strconv.Atoi(p.rest[:digits])
	if err != nil {
		return nil, fmt.Errorf("%w: %.20q", errLiteral, p.rest)
	}
	p.rest = strings.TrimPrefix(p.rest[digits:], "L") // from Python 2
	return number, nil
}
