package hdf5

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
)

// Group is a group in a file: names that refer to groups and datasets.
type Group struct {
	file     *File
	path     string
	messages messages
	links    map[string]link // nil until they are read
}

// link is the target of a name.
type link struct {
	address uint64 // of a header
	soft    string // or a path relative to the group
	refused string // or the reason why it is not followed
}

func (g *Group) Path() string { return g.path }

// Names returns the names in the group, sorted.
func (g *Group) Names() ([]string, error) {
	links, err := g.readLinks()
	if err != nil {
		return nil, err
	}
	return slices.Sorted(maps.Keys(links)), nil
}

// Open opens the object at a path from the group. The error wraps [fs.ErrNotExist] if there
// is nothing at that path.
func (g *Group) Open(path string) (Object, error) {
	// A longer chain of soft links must be a cycle.
	const mostSoftLinks = 32
	return g.follow(path, mostSoftLinks)
}

func (g *Group) follow(path string, softLinks int) (Object, error) {
	if strings.HasPrefix(path, "/") {
		root, err := g.file.Root()
		if err != nil {
			return nil, err
		}
		g = root
	}
	var object Object = g
	for name := range strings.SplitSeq(path, "/") {
		if name == "" || name == "." {
			continue
		}
		group, ok := object.(*Group)
		full := strings.TrimRight(object.Path(), "/") + "/" + name
		if !ok {
			return nil, g.file.failed(full, fmt.Errorf("%s is not a group: %w", object.Path(), fs.ErrNotExist))
		}
		links, err := group.readLinks()
		if err != nil {
			return nil, err
		}
		found, ok := links[name]
		switch {
		case !ok:
			err = g.file.failed(full, fs.ErrNotExist)
		case found.refused != "":
			err = g.file.failed(full, errors.New(found.refused))
		case found.soft != "" && softLinks == 0:
			err = g.file.failed(full, errors.New("soft links go in circles"))
		case found.soft != "":
			if object, err = group.follow(found.soft, softLinks-1); err != nil {
				err = fmt.Errorf("%w (by the soft link %s)", err, full)
			}
		default:
			object, err = g.file.object(found.address, full)
		}
		if err != nil {
			return nil, err
		}
	}
	return object, nil
}

func (g *Group) readLinks() (map[string]link, error) {
	if g.links != nil {
		return g.links, nil
	}
	r := linkReader{source: &g.file.source, links: map[string]link{}}
	if err := r.read(g.messages); err != nil {
		return nil, g.file.failed(g.path, err)
	}
	g.links = r.links
	return g.links, nil
}

// linkReader collects the links of a group.
type linkReader struct {
	source *source
	links  map[string]link
}

func (r *linkReader) add(name string, l link) error {
	if _, ok := r.links[name]; ok || name == "" {
		return damaged("two links of name %q in a group, or an empty name", name)
	}
	r.links[name] = l
	return nil
}

func (r *linkReader) read(m messages) error {
	table, ok, err := r.source.one(m, messageSymbolTable)
	if err != nil {
		return err
	}
	if ok {
		return r.symbolTable(table)
	}
	for i := range m {
		if m[i].kind == messageLink {
			if err := r.message(m[i].body); err != nil {
				return err
			}
		}
	}
	info, ok, err := r.source.one(m, messageLinkInfo)
	if err != nil || !ok {
		return err
	}
	return r.dense(info)
}

// message reads a link message (IV.A.2.g).
func (r *linkReader) message(body []byte) error {
	p := fields{rest: body}
	version, flags := p.byte(), p.byte()
	if version != 1 {
		return damaged("link of version %d", version)
	}
	const hasKind, hasOrder, hasCharset = 0x08, 0x04, 0x10
	const hard, soft, external = 0, 1, 64
	kind := uint8(hard)
	if flags&hasKind != 0 {
		kind = p.byte()
	}
	if flags&hasOrder != 0 {
		p.number(8)
	}
	if flags&hasCharset != 0 {
		p.byte() // the encoding of the name does not matter
	}
	name := string(p.bytes(p.number(1 << (flags & 3))))
	var l link
	switch kind {
	case hard:
		l.address = p.address()
	case soft:
		l.soft = string(p.bytes(p.number(2)))
		if l.soft == "" {
			l.refused = "an empty soft link"
		}
	case external:
		value := p.bytes(p.number(2))
		var file, object string
		if len(value) > 0 { // version and flags
			file, object, _ = strings.Cut(string(value[1:]), "\x00")
			object = strings.TrimRight(object, "\x00")
		}
		l.refused = fmt.Sprintf("an external link, to %s in file %q, which is not followed: copy the data into one file", object, file)
	default:
		l.refused = fmt.Sprintf("a link of type %d, which is not supported", kind)
	}
	if err := p.err(); err != nil {
		return err
	}
	return r.add(name, l)
}

// dense reads the links of a link info message (IV.A.2.c): link messages in a fractal heap,
// indexed by name in a tree.
func (r *linkReader) dense(info []byte) error {
	p := fields{rest: info}
	version, flags := p.byte(), p.byte()
	if flags&1 != 0 {
		p.number(8) // largest creation order number
	}
	heapAddress, treeAddress := p.address(), p.address()
	if err := p.err(); err != nil {
		return err
	}
	if version != 0 {
		return damaged("link info of version %d", version)
	}
	if heapAddress == undefined {
		return nil
	}
	heap, err := r.source.openFractalHeap(heapAddress)
	if err != nil {
		return err
	}
	const byName, hash = 5, 4 // type of tree, bytes of a name's hash
	return r.source.walkBTree2(treeAddress, byName, func(record []byte) error {
		if len(record) != hash+heap.idLength {
			return damaged("a record of %d bytes in a tree of links", len(record))
		}
		body, err := heap.object(record[hash:])
		if err != nil {
			return err
		}
		return r.message(body)
	})
}
