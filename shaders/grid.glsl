// A flat grid of lanes: workgroups are counted along x, then along y, because a
// device may allow no more than 65535 of them in one direction.

// The size of a workgroup, the same constant as local_size_x. Not gl_WorkGroupSize:
// lavapipe 22.3.6 computes with its default value, 1.
layout(constant_id = 0) const uint GROUP_SIZE = 1u;

uint flat_lane() {
    uint group = gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x;
    return group * GROUP_SIZE + gl_LocalInvocationIndex;
}
