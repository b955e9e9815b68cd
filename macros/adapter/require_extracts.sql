{#- Runs before everything else: without raw data, or with an as-of date the extracts do not reach, one clear line. -#}
{%- macro require_extracts() -%}
    {%- if execute and flags.WHICH in ['build', 'run', 'test', 'snapshot'] -%}
        {%- set batches = adapter.get_relation(
            database=target.database, schema='raw_control', identifier='extract_batches'
        ) -%}
        {%- if not batches -%}
            {{ exceptions.raise_compiler_error(
                'the warehouse holds no raw data yet: run `warehouse seed` or `warehouse load DIR` first'
            ) }}
        {%- endif -%}
        {%- set known = run_query(
            'select max(as_of_date) from ' ~ batches
        ).rows[0] -%}
        {%- if not known[0] -%}
            {{ exceptions.raise_compiler_error(
                'the warehouse holds no extracts yet: run `warehouse seed` or `warehouse load DIR` first'
            ) }}
        {%- endif -%}
        {%- set chosen = var('as_of_date', none) -%}
        {%- if chosen and ((chosen | string) | length != 10 or (chosen | string)[4] != '-') -%}
            {{ exceptions.raise_compiler_error(
                'as_of_date ' ~ chosen ~ ' is not a date: write it as 2024-06-30'
            ) }}
        {%- endif -%}
        {%- if chosen and (chosen | string) > (known[0] | string) -%}
            {{ exceptions.raise_compiler_error(
                'as_of_date ' ~ chosen ~ ' is after the last day the extracts know, ' ~ known[0]
                ~ ': choose that day or an earlier one, or load later extracts'
            ) }}
        {%- endif -%}
    {%- endif -%}
{%- endmacro -%}
