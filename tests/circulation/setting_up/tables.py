"""The tables that no set-up is kept in: every table of the schema is either here or set by it."""

from __future__ import annotations

#: Tables of what happens in the library, of who and what is in it, and of the machinery.
_OTHERS = {
    "the catalogue": """
        change_notes changed_while_reindexing former_records held_records index_rules
        item_properties items kept_result_sets loads postings published_records record_changes
        records refiled_records reindexings sort_keys
    """,
    "patrons, and what they chose": """
        notice_choices patron_absences patron_balances patron_blocks patron_consents
        patron_addresses patron_contacts patron_group_members patron_guardians patron_identifiers
        patron_preferences patron_words patrons sealed_numbers
    """,
    "schools and classes come from the registers of the schools, every year anew": "patron_groups",
    "staff and programs, and who is signed in": """
        desk_sign_ins lookups passkey_challenges passkeys print_jobs programs recovery_codes
        app_tokens
        second_factors sessions sign_in_failures staff_accounts staff_identities staff_pins
        staff_roles workstations
    """,
    "what happens": """
        booking_loans booking_supplies bookings captures charge_loans charge_postings charges
        harvest_problems harvest_sources harvested_records
        holdings_refused holdings_sent holdings_sinks
        closures collection_claims collection_files collection_lines debt_warnings deliveries
        delivery_lines dunning_acts events exchange_bodies exchanges fetches former_use hold_sets
        holds incoming_texts interlibrary_cases interlibrary_loans interlibrary_remarks
        inventories inventory_scans loan_conflicts loans missing_items money_orders
        notice_messages notices partner_notices partner_requests payments post_receipts stays
        temporary_placements temporary_records temporary_stations transits unexpected_items
    """,
    "registries of partners, which have files of their own": "registered_partners",
    "the machinery": """
        branches_elsewhere compatibility item_replies job_runs late_days leases loan_statistics
        locked_devices machine_refusals moved_deliveries moved_rows moves_out outbox
        pin_failures public_id_key replies set_up_version silent_batches silent_rows terminal_counts
    """,
}
#: Table -> why no text sets it.
NOT_SET_UP = {table: why for why, tables in _OTHERS.items() for table in tables.split()}
