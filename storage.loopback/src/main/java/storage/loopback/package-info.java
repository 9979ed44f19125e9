/** Loop devices as the service {@link storage.api.loop.LoopDevices}. */
package storage.loopback;
