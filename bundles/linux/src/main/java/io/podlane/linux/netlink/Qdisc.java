// SPDX-License-Identifier: Apache-2.0
package io.podlane.linux.netlink;

/**
 * A queueing discipline of a device.
 *
 * @param ifindex the device
 * @param kind {@code fq}, {@code noqueue}, …
 * @param handle its number, major in the upper and minor in the lower 16 bits; 0 for one that the kernel made by itself
 * @param parent what it stands under; {@link #ROOT} for the root
 */
public record Qdisc(int ifindex, String kind, int handle, int parent) {
    /** The parent of a root qdisc. */
    public static final int ROOT = Rtm.TC_H_ROOT;

    static final int TCMSG = 20;

    static Qdisc read(Message message) {
        var body = message.body();
        return new Qdisc(
                body.getInt(4),
                message.attributes(TCMSG).string(Rtm.TCA_KIND).orElse(""),
                body.getInt(8),
                body.getInt(12));
    }
}
