"""What the server does when the world around it fails: real disks, real databases, real peers."""
