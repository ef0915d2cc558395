//go:build cgo

package gpu

// stagingBytes is the size of the host buffer that data for unmapped memory passes through, piece by piece.
const stagingBytes = 4 << 20

// transfer moves data between the host and memory that the host cannot map. The device's transferMutex guards it.
type transfer struct {
	device   *Device
	commands *commands
	staging  *Buffer // made at first use
}

func newTransfer(d *Device) (*transfer, error) {
	commands, err := newCommands(d)
	if err != nil {
		return nil, err
	}
	return &transfer{device: d, commands: commands}, nil
}

func (t *transfer) upload(dst *Buffer, offset uint64, src []byte) error {
	t.device.transferMutex.Lock()
	defer t.device.transferMutex.Unlock()
	if err := t.prepare(); err != nil {
		return err
	}
	for len(src) > 0 {
		piece := copy(t.staging.Mapped(), src)
		err := t.run(func() { t.commands.copy(dst, offset, t.staging, 0, uint64(piece)) })
		if err != nil {
			return err
		}
		src = src[piece:]
		offset += uint64(piece)
	}
	return nil
}

func (t *transfer) download(dst []byte, src *Buffer, offset uint64) error {
	t.device.transferMutex.Lock()
	defer t.device.transferMutex.Unlock()
	if err := t.prepare(); err != nil {
		return err
	}
	for len(dst) > 0 {
		piece := min(uint64(len(dst)), t.staging.bytes)
		err := t.run(func() { t.commands.copy(t.staging, 0, src, offset, piece) })
		if err != nil {
			return err
		}
		copy(dst, t.staging.Mapped()[:piece])
		dst = dst[piece:]
		offset += piece
	}
	return nil
}

func (t *transfer) zero(dst *Buffer) error {
	t.device.transferMutex.Lock()
	defer t.device.transferMutex.Unlock()
	return t.run(func() { t.commands.fill(dst, 0, dst.padded, 0) })
}

func (t *transfer) prepare() error {
	if t.staging != nil {
		return nil
	}
	staging, err := t.device.NewHostBuffer("staging", min(stagingBytes, t.device.info.MaxStorageRange))
	t.staging = staging
	return err
}

// run records commands, submits them and waits.
func (t *transfer) run(record func()) error {
	if err := t.commands.begin(); err != nil {
		return err
	}
	record()
	if err := t.commands.end(); err != nil {
		return err
	}
	if err := check("submitting a transfer", t.commands.submit()); err != nil {
		return err
	}
	return check("waiting for a transfer", t.commands.wait())
}
