//go:build cgo

package gpu

import (
	"unsafe"

	vk "github.com/vulkan-go/vulkan"
)

// dispatchesPerPool is how many dispatches one query pool times, with two queries each.
const dispatchesPerPool = 128

// profile times the dispatches of a stream.
type profile struct {
	device *Device
	pools  []vk.QueryPool
	names  []string // of the pipelines, one per dispatch
	ran    bool
}

// start records the timestamp before a dispatch, taken when everything before it is done.
func (p *profile) start(commands vk.CommandBuffer, name string) error {
	if len(p.names)%dispatchesPerPool == 0 {
		if err := p.grow(commands); err != nil {
			return err
		}
	}
	p.names = append(p.names, name)
	p.stamp(commands, 0)
	return nil
}

// stop records the timestamp after a dispatch.
func (p *profile) stop(commands vk.CommandBuffer) { p.stamp(commands, 1) }

func (p *profile) stamp(commands vk.CommandBuffer, side uint32) {
	query := uint32((len(p.names)-1)%dispatchesPerPool)*2 + side
	vk.CmdWriteTimestamp(commands, vk.PipelineStageBottomOfPipeBit, p.pools[len(p.pools)-1], query)
}

func (p *profile) grow(commands vk.CommandBuffer) error {
	info := vk.QueryPoolCreateInfo{
		SType:      vk.StructureTypeQueryPoolCreateInfo,
		QueryType:  vk.QueryTypeTimestamp,
		QueryCount: 2 * dispatchesPerPool,
	}
	defer info.Free()
	var pool vk.QueryPool
	if err := check("creating a query pool", vk.CreateQueryPool(p.device.handle, &info, nil, &pool)); err != nil {
		return err
	}
	p.pools = append(p.pools, pool)
	vk.CmdResetQueryPool(commands, pool, 0, 2*dispatchesPerPool)
	return nil
}

// timings reads the timestamps of the last run and adds them up by name.
func (p *profile) timings() []Timing {
	var result []Timing
	position := map[string]int{}
	for i, pool := range p.pools {
		names := p.names[i*dispatchesPerPool : min((i+1)*dispatchesPerPool, len(p.names))]
		stamps := make([]uint64, 2*len(names))
		code := vk.GetQueryPoolResults(p.device.handle, pool, 0, uint32(len(stamps)),
			uint(8*len(stamps)), unsafe.Pointer(&stamps[0]), 8,
			vk.QueryResultFlags(vk.QueryResult64Bit|vk.QueryResultWaitBit))
		if code != vk.Success {
			return nil
		}
		for j, name := range names {
			ticks := (stamps[2*j+1] - stamps[2*j]) & p.device.hardware.timestampMask
			at, known := position[name]
			if !known {
				at = len(result)
				position[name] = at
				result = append(result, Timing{Name: name})
			}
			result[at].Dispatches++
			result[at].Seconds += float64(ticks) * p.device.info.TimestampPeriod * 1e-9
		}
	}
	return result
}

func (p *profile) destroy() {
	for _, pool := range p.pools {
		vk.DestroyQueryPool(p.device.handle, pool, nil)
	}
	p.pools = nil
}
