"""The external API of FBS, the common library system of Denmark, as web sites ask it."""
